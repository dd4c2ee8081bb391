"""What every screen stands on: the application, job control, dialogs, and text that is safe to show."""
