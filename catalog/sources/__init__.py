"""Where a dataset's data comes from by itself: databases, addresses and folders, fetched on a schedule."""
