"""What a drafted brief is made from: what lies in a folder, where it is in the world, and how it is put in writing."""
