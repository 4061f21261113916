"""The addresses of the catalogue's API, one noun a file."""
