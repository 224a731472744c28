; For the benchmark: fetches the tweet, then reads COUNT bytes more by single INs, between two bytes
; of output.
%include "guest.inc"

COUNT           equ 8000

main:
        mov dx, TWEET
        in al, dx
        mov dx, CONSOLE
        mov al, '<'
        out dx, al

        mov dx, TWEET
        mov di, BUFFER
        mov cx, COUNT
.next:
        in al, dx
        stosb
        loop .next

        mov dx, CONSOLE
        mov al, '>'
        out dx, al
        hlt
