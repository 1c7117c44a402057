"""What can be claimed about clusters that were found."""
