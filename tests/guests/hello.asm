; Prints a line and halts.
%include "guest.inc"

main:
        say `hello\n`
        hlt
