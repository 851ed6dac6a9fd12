"""What a machine is asked before it is trusted with a clip: its programs, its folders, its fonts and its surroundings.

Each question is a function from a `Machine` to findings. It may fail in any way it likes: `doctor` catches that and
says so.
"""
