"""Pages of the catalogue itself: loads and versions. Pages that combine several apps are the portal's."""
