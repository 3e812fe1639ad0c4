"""Use cases of exams, one file each."""
