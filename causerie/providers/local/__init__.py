"""A small model on this machine: llama.cpp's server in a child process, spoken to over a Unix socket."""
