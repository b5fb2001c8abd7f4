"""What people read: the table of results and the words after it. Pure; `cli` prints it."""
