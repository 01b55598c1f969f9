import { type ReactNode, useState } from "react";
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { Button } from "./Button";
import { ProblemNotice } from "./States";

interface DialogProps {
  title: string;
  isOpen: boolean;
  onClose: () => void;
  large?: boolean;
  /** An alert dialog is not closed by a click beside it. */
  alert?: boolean;
  children: ReactNode;
}

export function Dialog({ title, isOpen, onClose, large, alert, children }: DialogProps) {
  return (
    <ModalOverlay className="veil" isOpen={isOpen} onOpenChange={(open) => !open && onClose()} isDismissable={!alert}>
      <Modal className={large ? "dialog large" : "dialog"}>
        <AriaDialog role={alert ? "alertdialog" : "dialog"} className="stack">
          <Heading slot="title">{title}</Heading>
          {children}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

interface ConfirmProps {
  title: string;
  isOpen: boolean;
  onClose: () => void;
  /** Says exactly what will happen. */
  children: ReactNode;
  /** The act itself as a verb: "End the deployment". */
  act: string;
  danger?: boolean;
  isDisabled?: boolean;
  onConfirm: () => Promise<unknown>;
}

/** Asks before an act that cannot be undone; stays open, with everything typed, when the act is refused. */
export function ConfirmDialog({ title, isOpen, onClose, children, act, danger, isDisabled, onConfirm }: ConfirmProps) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const close = () => {
    setProblem(null);
    onClose();
  };
  return (
    <Dialog title={title} isOpen={isOpen} onClose={close} alert>
      {children}
      {problem !== null && <ProblemNotice problem={problem} />}
      <div className="actions">
        <Button onPress={close} autoFocus>
          Cancel
        </Button>
        <Button
          kind={danger ? "danger" : "primary"}
          isDisabled={busy || isDisabled}
          onPress={async () => {
            setBusy(true);
            setProblem(null);
            try {
              await onConfirm();
              onClose();
            } catch (error) {
              setProblem(error);
            } finally {
              setBusy(false);
            }
          }}
        >
          {act}
        </Button>
      </div>
    </Dialog>
  );
}
