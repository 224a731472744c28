; Faults that the guest handles itself, which must not end the VM. The handlers print their vector
; and go on after the instruction, whose length is in BP.
%include "guest.inc"

; attempt INSTRUCTION: runs it with its length in BP
%macro attempt 1+
        mov bp, %%end - %%start
%%start:
        %1
%%end:
%endmacro

%macro handler 1
handler_%1:
        mov bx, '0' + %1 / 10 | ('0' + %1 % 10) << 8
        jmp report
%endmacro

main:
        xor ax, ax
        mov ds, ax
        mov ss, ax
        mov sp, 0x7000
        mov word [1 * 4], handler_1
        mov word [3 * 4], handler_3
        mov word [6 * 4], handler_6
        mov word [13 * 4], handler_13

        xor bp, bp              ; a trap already returns to the next instruction
        int3
        pushf
        pop ax
        or ah, 1                ; TF: a trap after each instruction; the handler clears it
        push ax
        popf
        nop
        attempt ud2
        mov ecx, 0x7fffffff     ; no such register
        attempt rdmsr
        attempt wrmsr
        mov eax, 0x80000000     ; paging without protected mode
        attempt mov cr0, eax
        say `\n`
        hlt

        handler 1
        handler 3
        handler 6
        handler 13

report:
        mov dx, CONSOLE
        mov al, bl
        out dx, al
        mov al, bh
        out dx, al
        mov al, ' '
        out dx, al
        mov bx, sp
        add [bx], bp
        and byte [bx + 5], ~1
        iret
