"""Where rows are kept and queried: Parquet files, their serving copies, and the row-query language."""
