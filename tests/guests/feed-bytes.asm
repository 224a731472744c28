; Clause: a feed by single INs. Reads two whole texts, each with its NUL, then the start of a third
; by wider INs.
%include "guest.inc"

main:
        call text
        call text

        mov dx, TWEET
        mov eax, -1
        in ax, dx
        call print_hex
        mov dx, TWEET
        mov eax, -1
        in eax, dx
        call print_hex
        say `\n`
        hlt

; Prints the tweet up to its NUL, and the next line.
text:
        mov di, BUFFER
        mov dx, TWEET
.next:
        in al, dx
        stosb
        test al, al
        jnz .next
        mov si, BUFFER
        mov cx, di
        sub cx, si
        call print_bytes
        say `\n`
        ret
