# Types into a real interactive shell on a terminal of its own: SHELL-COMMAND… with the keys on standard input.
# The shell ends by what is typed; what stood on the screen is printed.
import os, pty, select, sys

keys = sys.stdin.buffer.read()
child, terminal = pty.fork()
if child == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
screen = b""
while True:
    ready, writable, _ = select.select([terminal], [terminal] if keys else [], [], 60)
    if not ready and not writable:
        sys.exit("the shell does not go on: " + screen.decode(errors="replace"))
    if writable:
        keys = keys[os.write(terminal, keys[:64]):]
    if ready:
        try:
            read = os.read(terminal, 65536)
        except OSError:
            break
        if not read:
            break
        screen += read
os.waitpid(child, 0)
sys.stdout.buffer.write(screen)
