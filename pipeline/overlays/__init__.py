"""What is drawn over or instead of footage; each overlay gets a box, a look and values, and no plan."""
