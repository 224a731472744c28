; Clause: OUT to the console, in each size, single and as a string, forwards and backwards. A wider
; OUT prints its lowest byte.
%include "guest.inc"

main:
        mov dx, CONSOLE
        mov al, 'b'
        out dx, al
        mov ax, 0xff00 | 'w'
        out dx, ax
        mov eax, 0x41424300 | 'd'
        out dx, eax
        mov al, `\n`
        out dx, al

        mov si, bytes
        mov cx, bytes_end - bytes
        rep outsb
        mov si, words
        mov cx, (words_end - words) / 2
        rep outsw
        mov si, dwords
        mov cx, (dwords_end - dwords) / 4
        a32 rep outsd

        xor cx, cx              ; nothing
        rep outsb

        std
        mov si, backwards_end - 1
        mov cx, backwards_end - backwards
        rep outsb
        hlt

bytes:  db `string of bytes\n`
bytes_end:
words:  dw 'w', 'o', 'r', 'd', 0xff00 | 's', `\n`
words_end:
dwords: dd 'd', 'w', 'o', 0x20202000 | 'r', 'd', 's', `\n`
dwords_end:
backwards: db `\nsdrawkcab`
backwards_end:
