"""What Causeway's promises of speed come to on this machine: `make bench`. The suite only tries that this runs."""
