; Prints escape sequences that set a terminal's title and clear it.
%include "guest.inc"

main:
        say `before\e]2;pwned\a\e[2Jafter\r\n`
        hlt
