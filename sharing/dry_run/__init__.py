"""The dry run: what terms would let out, and what could be joined with it, before anybody agrees to them."""
