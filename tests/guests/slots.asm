; Shows, and tries to change, the memory beside its own, as each key of its input says: t, c, i copy
; the time, the configuration, the first image to the output; f the image beyond its first MiB; h
; memory above 4 GiB, which it has written to before. T, C, I write there. The end is status 0.
        bits 16
        org 0x1000
%include "call.inc"

HIGH            equ 4 << 30                     ; where memory goes on
BUFFER          equ 0x20000
HERE            equ 3                           ; of an entry: present, writable
LARGE           equ 0x83                        ; the same, and a page of 2 MiB

; show ADDRESS, SIZE: copies to the output
%macro show 2
        mov rsi, %1
        mov edi, BUFFER
        mov ecx, %2
        rep movsb
        host CALL_WRITE, OUTPUT, BUFFER, %2
        expect %2
        jmp next
%endmacro

; change ADDRESS
%macro change 1
        mov rdi, %1
        mov byte [rdi], 1
        jmp next
%endmacro

; on KEY, LABEL
%macro on 2
        cmp byte [BUFFER], %1
        je %2
%endmacro

main:
        cli
        lgdt [gdt_pointer]
        mov eax, 0x20                           ; PAE
        mov cr4, eax
        mov eax, pml4
        mov cr3, eax
        mov ecx, 0xc0000080                     ; EFER: long mode
        mov eax, 0x100
        xor edx, edx
        wrmsr
        mov eax, 0x80000001                     ; paging, protection
        mov cr0, eax
        jmp 8:long_mode

        bits 64
long_mode:
        xor eax, eax
        mov ds, eax
        mov es, eax
        mov ss, eax
next:
        host CALL_WAIT, INPUT_EVENT, EVER
        host CALL_READ, BUFFER, 1
        cmp dword [call.result], 0
        je .end
        on 't', .time
        on 'c', .configuration
        on 'i', .image
        on 'f', .far
        on 'h', .high
        on 'T', .change_time
        on 'C', .change_configuration
        on 'I', .change_image
.end:
        host CALL_EXIT, 0
.time:
        show TIME, 88
.configuration:
        show CONFIG, 2048
.image:
        show IMAGES, 16
.far:
        show IMAGES + (1 << 20), 16
.high:
        mov rdi, HIGH
        mov dword [rdi], 'high'
        host CALL_WRITE, OUTPUT, HIGH, 4
        expect 4
        jmp next
.change_time:
        change TIME
.change_configuration:
        change CONFIG
.change_image:
        change IMAGES

align 8
gdt:            dq 0, 0x00209a0000000000        ; 64-bit code
gdt_pointer:
                dw gdt_pointer - gdt - 1
                dd gdt

; table: begins a page table; entry INDEX, VALUE in it
%macro table 0
        align 4096, db 0
    %%start:
    %define start_of_table %%start
%endmacro

%macro entry 2
        times (%1) * 8 - ($ - start_of_table) db 0
        dq %2
%endmacro

        table
pml4:   entry 0, pdpt + HERE
        table
pdpt:   entry 0, low + HERE
        entry HIGH >> 30, high + HERE
        entry TIME >> 30, told + HERE
        table
low:    entry 0, LARGE
        table
high:   entry 0, HIGH + LARGE
        table
told:   entry 0, TIME + LARGE                   ; the configuration, too
        entry 1, IMAGES + LARGE
