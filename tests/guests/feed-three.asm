; Fetches and prints the tweet three times.
%include "guest.inc"

main:
        mov bp, 3
.again:
        mov dx, TWEET
        in al, dx
        test al, al
        jz .end
        mov dx, CONSOLE
        out dx, al
        jmp .again
.end:
        say `\n`
        dec bp
        jnz .again
        hlt
