; The monitor, the default guest: a flat 16-bit image, loaded and started at 0x1000 in real mode.
;
; It shows a menu on the console, waits for a key, and answers with what CPUID says of the processor
; or with the text of a feed. Only the first illegal key at a question is reported, and escape
; sequences are ignored, so that neither a pasted line nor an arrow key fills the screen.

        bits 16
        org 0x1000

CONSOLE         equ 0x3f8       ; OUT: a character, IN: a key, which the terminal echoes
TWEET           equ 0x100       ; feed ports, read-only: a text that ends with NUL
WEATHER         equ 0x100       ; + the number of the city, 1 to 6
AIR_QUALITY     equ 0x200       ; the same

STACK_TOP       equ 0x8000
ESC             equ 0x1b

CHUNK           equ 0x4000      ; buffer for a part of a feed's text
CHUNK_SIZE      equ 512         ; divides a page, so that one exit to the VMM fills it

start:
        xor ax, ax
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov sp, STACK_TOP
        cld

        mov si, text_welcome
        call print

menu:
        mov si, text_menu
        call print
        mov si, text_choice
        mov cl, CHOICES
        call read_choice

        movzx bx, al
        add bx, bx
        call [choices + bx]

        mov si, text_continue
        call print
        call read_key
        call end_line
        jmp menu

choices:
        dw cpu_info, tweet, weather, air_quality, halt
CHOICES         equ ($ - choices) / 2

halt:
        mov si, text_halt
        call print
        cli
        hlt

; ---- the answers -------------------------------------------------------------------------------

tweet:
        mov dx, TWEET
        jmp print_feed

weather:
        mov bp, WEATHER
        jmp ask_city

air_quality:
        mov bp, AIR_QUALITY
        ; falls through

; Asks for a city and prints the feed at port BP + its number.
ask_city:
        mov si, text_cities
        call print
        mov si, text_city
        mov cl, 6
        call read_choice
        movzx dx, al
        inc dx
        add dx, bp
        jmp print_feed

cpu_info:
        mov si, text_vendor
        call print
        xor eax, eax
        cpuid
        mov [name], ebx
        mov [name + 4], edx
        mov [name + 8], ecx
        mov byte [name + 12], 0
        call print_name

        mov eax, 1
        cpuid
        mov ebx, eax            ; kept in EBX: type 13:12, family 11:8, model 7:4,
                                ; stepping 3:0, extended family 27:20, extended model 19:16
        mov si, text_type
        shr eax, 12
        and eax, 0x3
        call print_field

        mov si, text_family
        mov ecx, ebx
        shr ecx, 8
        and ecx, 0xf            ; kept in CL: the base family decides which extended fields count
        mov eax, ecx
        cmp cl, 15
        jne .family
        mov edx, ebx
        shr edx, 20
        and edx, 0xff
        add eax, edx
.family:
        call print_field

        mov si, text_model
        mov eax, ebx
        shr eax, 4
        and eax, 0xf
        cmp cl, 6
        je .extended_model
        cmp cl, 15
        jne .model
.extended_model:
        mov edx, ebx
        shr edx, 12
        and edx, 0xf0
        or eax, edx
.model:
        call print_field

        mov si, text_stepping
        mov eax, ebx
        and eax, 0xf
        call print_field

        mov eax, 0x80000000
        cpuid
        cmp eax, 0x80000004
        jb .done                ; this processor has no brand string
        mov si, text_brand
        call print
        mov di, name
        mov esi, 0x80000002
.brand:
        mov eax, esi
        cpuid
        mov [di], eax
        mov [di + 4], ebx
        mov [di + 8], ecx
        mov [di + 12], edx
        add di, 16
        inc esi
        cmp esi, 0x80000004
        jbe .brand
        mov byte [di], 0
        call print_name
.done:
        ret

; ---- input and output --------------------------------------------------------------------------

; Waits for a key and returns it in AL. A terminal sends some keys as escape sequences, an arrow as
; ESC [ A or ESC O A: each of these is returned as ESC. After an ESC that starts no sequence, the
; next key is returned.
read_key:
        mov dx, CONSOLE
        in al, dx
        cmp al, ESC
        jne .done
.escaped:
        in al, dx
        cmp al, ESC
        je .escaped
        cmp al, 'O'
        je .last
        cmp al, '['
        jne .done
.parameter:
        in al, dx
        cmp al, '@'
        jb .parameter           ; a sequence ends with the first byte from '@' on,
        cmp al, '['             ; except for function keys of the Linux console, ESC [ [ A
        jne .sequence
.last:
        in al, dx
.sequence:
        mov al, ESC
.done:
        ret

; Prints the question at SI and waits for one of CL keys from '1' on; returns it in AL, counted from
; 0. The first illegal key is reported, and the question repeated; newlines and escape sequences are
; ignored.
read_choice:
        mov ch, 0               ; no illegal key so far
.ask:
        push si
        call print
        pop si
.key:
        call read_key
        cmp al, ESC
        je .key
        cmp al, `\n`
        je .key
        sub al, '1'
        cmp al, cl
        jb end_line
        test ch, ch
        jnz .key
        inc ch
        push si
        mov si, text_illegal
        call print
        pop si
        jmp .ask

; Starts a new line after the echo of a key. Preserves AL.
end_line:
        push ax
        mov dx, CONSOLE
        mov al, `\n`
        out dx, al
        pop ax
        ret

; Prints the text at SI up to its NUL. Leaves SI at the NUL, and preserves CX.
print:
        push cx
        mov di, si
        mov cx, 0xffff
        xor al, al
        repne scasb
        mov cx, di
        sub cx, si
        dec cx                  ; without the NUL
        mov dx, CONSOLE
        rep outsb
        pop cx
        ret

; Prints the text in `name` without its leading blanks, and a newline.
print_name:
        mov si, name - 1
.blank:
        inc si
        cmp byte [si], ' '
        je .blank
        call print
        mov si, text_line_end
        jmp print

; Prints the text at SI, the number EAX (below 0x1000) in hexadecimal, and a newline.
print_field:
        push eax
        call print
        pop eax
        mov di, number
        cmp eax, 0x10
        jb .last_digit
        cmp eax, 0x100
        jb .two_digits
        mov edx, eax
        shr edx, 8
        call .digit
.two_digits:
        mov edx, eax
        shr edx, 4
        and dl, 0xf
        call .digit
.last_digit:
        mov edx, eax
        and dl, 0xf
        call .digit
        mov word [di], `\n`     ; and a NUL
        mov si, number
        jmp print

.digit:                         ; stores DL as a digit at DI, and increments DI
        movzx si, dl
        mov dl, [digits + si]
        mov [di], dl
        inc di
        ret

; Prints the text of feed port DX, and a newline unless it ends with one.
print_feed:
        mov bx, dx
        mov byte [last], `\n`   ; so that an empty text gets none
.chunk:
        mov dx, bx
        mov di, CHUNK
        mov cx, CHUNK_SIZE
        rep insb
        mov byte [di], 0        ; so that print finds an end
        mov si, CHUNK
        call print
        cmp si, CHUNK
        je .end
        mov al, [si - 1]
        mov [last], al
        cmp si, CHUNK + CHUNK_SIZE
        je .chunk               ; full, without a NUL: there is more
.end:
        cmp byte [last], `\n`
        je .done
        mov si, text_line_end
        call print
.done:
        ret

; ---- texts -------------------------------------------------------------------------------------

text_welcome:
        db `\nThis is the Sparkler monitor, a 16-bit guest without a network.\n`
        db `Its devices answer questions.\n`, 0

text_menu:
        db `\n`
        db `  1  CPU info\n`
        db `  2  Latest tweet of Command Line Magic\n`
        db `  3  Weather\n`
        db `  4  Air quality (PM2.5 in ug/m3)\n`
        db `  5  Halt\n\n`, 0

text_cities:
        db `\n`
        db `  1  Chennai        4  Chicago\n`
        db `  2  New Delhi      5  San Francisco\n`
        db `  3  London         6  New York\n\n`, 0

text_choice:    db `Your choice: `, 0
text_city:      db `Which city: `, 0
text_illegal:   db `\nYou entered an illegal choice!\n\n`, 0
text_continue:  db `\nPress any key to continue...`, 0
text_halt:      db `The guest halts.\n`, 0
text_vendor:    db `Vendor:    `, 0
text_type:      db `Type:      0x`, 0
text_family:    db `Family:    0x`, 0
text_model:     db `Model:     0x`, 0
text_stepping:  db `Stepping:  0x`, 0
text_brand:     db `Brand:     `, 0
text_line_end:  db `\n`, 0
digits:         db '0123456789abcdef'

; ---- variables, not in the image ----------------------------------------------------------------

        section .bss
last:   resb 1                  ; the last character printed
number: resb 5
        resb 1                  ; where print_name starts
name:   resb 49                 ; vendor (12) or brand string (48), and NUL
