"""What all screens share: the application, job control, dialogs, and text that is safe to show."""
