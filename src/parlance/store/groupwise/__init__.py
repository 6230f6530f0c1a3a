"""The hot moments on PostgreSQL: a group is looked up and written as a whole, judged one by one in between."""
