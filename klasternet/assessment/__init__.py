"""What clusters do for a region: accounts, exports, places, opportunities."""
