; The start of a generated guest: enters the mode MODE and points all 256 vectors at a handler that
; resumes 16 bytes after the address where it last resumed, so that a fault costs the guest a few
; instructions rather than its life. The generated body follows the last byte.
;
; MODE: 16 real mode, 32 protected mode, 64 long mode, 3 long mode in ring 3 with all ports.

        bits 16
        org 0x1000

STACK           equ 0x7000
IDT             equ 0x8000
TABLES          equ 0x10000     ; PML4, PDPT, PD: 1 GiB, identity-mapped
TSS             equ 0x13000     ; followed by a bitmap of zeros: ring 3 may use all ports
TSS_LIMIT       equ 0x68 + 0x2000

CODE32          equ 0x08
DATA            equ 0x10
CODE64          equ 0x18
USER_DATA       equ 0x20
USER_CODE       equ 0x28
TASK            equ 0x30

        cli
        mov sp, STACK

%if MODE = 16
        xor di, di
        mov cx, 256
.vector:
        mov word [di], handler
        mov word [di + 2], 0
        add di, 4
        loop .vector
        jmp body
handler:
        xor ax, ax
        mov ds, ax
        mov ss, ax
        mov sp, STACK
        add word [resume], 16
        jmp [resume]
%else

%if MODE = 32
GATE            equ 8
%else
GATE            equ 16
%endif
        mov di, IDT
        mov cx, 256
.vector:
        mov word [di], handler
%if MODE = 32
        mov word [di + 2], CODE32
%else
        mov word [di + 2], CODE64
%endif
        mov word [di + 4], 0xee00       ; an interrupt gate that ring 3 may use
        add di, GATE
        loop .vector

%if MODE != 32
        mov ax, TABLES >> 4
        mov es, ax
        mov dword [es:0], TABLES + 0x1007
        mov dword [es:0x1000], TABLES + 0x2007
        mov di, 0x2000
        mov eax, 0x87                   ; a page of 2 MiB, writable, for all rings
        mov cx, 512
.page:
        mov [es:di], eax
        add eax, 0x200000
        add di, 8
        loop .page
        mov dword [es:TSS - TABLES + 4], STACK
        mov word [es:TSS - TABLES + 0x66], 0x68
        mov eax, TABLES
        mov cr3, eax
        mov eax, 0x620                  ; PAE, OSFXSR, OSXMMEXCPT
        mov cr4, eax
        mov ecx, 0xc0000080             ; EFER
        mov eax, 0x901                  ; NXE, LME, SCE
        xor edx, edx
        wrmsr
%endif

        lgdt [gdt_pointer]
        lidt [idt_pointer]
%if MODE = 32
        mov eax, 0x11                   ; ET, PE
        mov cr0, eax
        jmp CODE32:start
        bits 32
%else
        mov eax, 0x80000013             ; PG, ET, MP, PE
        mov cr0, eax
        jmp CODE64:start
        bits 64
%endif

start:
        mov eax, DATA
        mov ds, eax
        mov es, eax
        mov ss, eax
        mov esp, STACK

%if MODE = 3
        mov eax, TASK
        ltr ax
enter_ring_3:
        push USER_DATA | 3
        push STACK - 0x400
        push 0x3002                     ; IOPL 3
        push USER_CODE | 3
        push qword [resume]
        iretq
handler:
        mov esp, STACK
        add dword [resume], 16
        jmp enter_ring_3
%else
        jmp body
handler:
        mov esp, STACK
        add dword [resume], 16
%if MODE = 64
        jmp [abs resume]
%else
        jmp [resume]
%endif
%endif

        align 8
gdt:
        dq 0
        dq 0x00cf9a000000ffff
        dq 0x00cf92000000ffff
        dq 0x00af9a000000ffff
        dq 0x00cff2000000ffff
        dq 0x00affa000000ffff
        dq 0x0000890000000000 | TSS_LIMIT | (TSS & 0xffff) << 16 | (TSS >> 16) << 32
        dq 0
gdt_pointer:
        dw gdt_pointer - gdt - 1
        dd gdt
idt_pointer:
        dw 256 * GATE - 1
        dd IDT
%endif

        align 8
resume:
        dq body
body:
