"""What is owed on a day, from the terms that were frozen at issue."""
