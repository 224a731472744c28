; Prints what would change a terminal's title and clear it.
%include "guest.inc"

main:
        say `before\e]2;pwned\a\e[2Jafter\r\n`
        hlt
