; Clause: a feed by string INs. Reads a text and NULs beyond it at once, the next text in parts, the
; last of which starts with its NUL, then a text by words.
%include "guest.inc"

; The length of what the test's broker answers: "text 1 of port 0x100".
TEXT_LENGTH     equ 20

main:
        mov cx, TEXT_LENGTH + 10
        call read
        mov cx, 5
        call read
        mov cx, TEXT_LENGTH - 5
        call read
        mov cx, 3
        call read

        mov dx, TWEET
        mov di, BUFFER
        mov cx, 6
        rep insw
        mov si, BUFFER
        mov cx, 12
        call print_bytes
        say `\n`
        hlt

; Reads CX bytes of the tweet by one string IN and prints them, and the next line.
read:
        push cx
        mov dx, TWEET
        mov di, BUFFER
        rep insb
        pop cx
        mov si, BUFFER
        call print_bytes
        say `\n`
        ret
