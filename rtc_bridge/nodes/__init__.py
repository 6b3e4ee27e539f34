"""The programs: each joins the floors below into one process."""
