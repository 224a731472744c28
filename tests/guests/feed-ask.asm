; Clause: what is written to a feed's port is the argument of the next question there. Prints eight
; answers, on a line each.
%include "guest.inc"

PORT            equ 0x500
LONGEST         equ 1024

main:
        mov dx, PORT                    ; in OUTs of every kind, a character each
        mov al, 'a'
        out dx, al
        mov ax, 'b' | 'x' << 8
        out dx, ax
        mov eax, 'c' | 'x' << 8 | 'y' << 16
        out dx, eax
        mov si, more
        mov cx, 3
        rep outsb
        call answer                     ; 1: abcdef
        call answer                     ; 2: it is used up

        mov dx, PORT                    ; an answer that is abandoned, for a new question
        in al, dx                       ; 3
        mov al, 'g'
        out dx, al
        mov dx, PORT + 1
        in al, dx                       ; 4: the other ports keep their places
        call answer                     ; 5: g

        mov cx, LONGEST + 1             ; too long, in parts
        call write
        call answer
        mov al, 'h'
        mov dx, PORT + 1
        out dx, al
        mov cx, 0xffff                  ; by far, which changes no other port's
        call write
        call answer
        call answer                     ; 6: which is forgotten
        mov dx, PORT + 1
        call answer_at                  ; 7: h
        mov cx, LONGEST
        call write
        call answer                     ; 8
        hlt

; Writes CX bytes 'z' to the port.
write:
        mov al, 'z'
        mov dx, PORT
.next:
        out dx, al
        loop .next
        ret

; Prints what the port answers, as a line; or the port in DX.
answer:
        mov dx, PORT
answer_at:
        mov bx, dx
.next:
        mov dx, bx
        in al, dx
        mov dx, CONSOLE
        test al, al
        jz .end
        out dx, al
        jmp .next
.end:
        mov al, `\n`
        out dx, al
        ret

more:   db "def"
