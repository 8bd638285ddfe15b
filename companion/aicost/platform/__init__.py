"""The machine: folders, files, configuration, processes, git."""
