"""What is sent to patients and when, what they answer, and whom a worrying answer reaches."""
