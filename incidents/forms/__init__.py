"""What people fill in. The cleaned data of a form are the keywords of one verb."""
