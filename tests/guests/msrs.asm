; Which machine-specific registers a guest may use: prints the number of each in the list, with 'r'
; and 'w', or '-' where RDMSR or WRMSR raises a general protection fault. It writes back what it
; read. Without a filter KVM lets a guest use almost all of these, on any processor.
%include "guest.inc"

; attempt INSTRUCTION, LETTER: prints the letter, or '-'
%macro attempt 2
        mov bx, %2
        mov ecx, [si - 4]
        %1
        call print_letter
%endmacro

main:
        xor ax, ax
        mov ds, ax
        mov ss, ax
        mov sp, 0x7000
        mov word [13 * 4], refused

        mov si, registers
.next:
        lodsd
        test eax, eax
        jz .end
        call print_hex
        xor eax, eax
        xor edx, edx
        attempt rdmsr, 'r'
        mov eax, [low]
        mov edx, [high]
        attempt wrmsr, 'w'
        push si
        say `\n`
        pop si
        jmp .next
.end:
        hlt

; Saves EDX:EAX in `high` and `low`, and prints BL. Clobbers EAX, EDX.
print_letter:
        mov [low], eax
        mov [high], edx
        mov al, bl
        mov dx, CONSOLE
        out dx, al
        ret

; Both instructions are two bytes long.
refused:
        mov bl, '-'
        push bp
        mov bp, sp
        add word [bp + 2], 2
        pop bp
        iret

low     dd 0
high    dd 0
registers:
        dd 0x10                                 ; TSC
        dd 0x11, 0x12                           ; KVM's wall clock and clock
        dd 0x1b, 0x3b, 0x48, 0x8b               ; APIC_BASE, TSC_ADJUST, SPEC_CTRL, microcode
        dd 0xc1, 0x186                          ; a performance counter of Intel
        dd 0xfe, 0x2ff                          ; MTRR
        dd 0x174, 0x175, 0x176                  ; SYSENTER
        dd 0x1a0, 0x1d9                         ; MISC_ENABLE, DEBUGCTL
        dd 0x277                                ; PAT
        dd 0x4b564d00, 0x4b564d01, 0x4b564d02   ; KVM's clocks, host page faults,
        dd 0x4b564d03, 0x4b564d04               ; stolen time, end of interrupt
        dd 0xc0000080, 0xc0000081, 0xc0000082   ; EFER, STAR, LSTAR
        dd 0xc0000083, 0xc0000084               ; CSTAR, SFMASK
        dd 0xc0000100, 0xc0000101, 0xc0000102   ; FS_BASE, GS_BASE, KERNEL_GS_BASE
        dd 0xc0010000, 0xc0010004               ; a performance counter of AMD
        dd 0xc0010015, 0xc0010114, 0xc0010117   ; HWCR, and two of SVM
        dd 0
