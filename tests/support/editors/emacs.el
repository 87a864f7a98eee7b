;;; -*- lexical-binding: t -*-
;;; What a user of Emacs writes for Hearth (docs/editors.md), and a test around it: open a file, ask for a completion, take it.
;;; Run by tests/editors/test_emacs.py; prints what came of it as one line.
(require 'eglot)
(add-to-list 'eglot-server-programs
             `((python-mode) . (,@(split-string (getenv "HEARTH_SERVER"))
                                :initializationOptions ,(json-parse-string (getenv "HEARTH_SETTINGS")))))
(setq eglot-sync-connect 60 eglot-autoshutdown t)
(find-file (getenv "HEARTH_FILE"))
(python-mode)
(apply #'eglot--connect (eglot--guess-contact))
(goto-char (point-max))
(insert "ret")
(let ((deadline (+ (float-time) 60)) taken)
  (while (and (not taken) (< (float-time) deadline))
    (let* ((capf (eglot-completion-at-point))
           (found (and capf (all-completions "" (nth 2 capf)))))
      (if found
          (let ((exit (plist-get (nthcdr 3 capf) :exit-function)) (item (car found)))
            (delete-region (nth 0 capf) (nth 1 capf))
            (insert item)
            (funcall exit item 'finished)
            (setq taken t))
        (accept-process-output nil 0.3))))
  (princ (format "TAKEN %S\n" (buffer-substring-no-properties (point-min) (point-max)))))
(set-buffer-modified-p nil)
