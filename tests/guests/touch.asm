; Writes to each page of the 512 KiB from 0x10000, prints a line, and waits for a key.
%include "guest.inc"

main:
        mov ax, 0x1000
        mov cx, 128
.page:
        mov es, ax
        mov byte [es:0], 1
        add ax, 0x100
        loop .page
        say `touched\n`
        mov dx, CONSOLE
        in al, dx
        hlt
