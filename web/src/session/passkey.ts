import type { Schemas } from "../api/client";

type Options = Schemas["PasskeyOptions"]["options"];
type Credential = Schemas["PasskeyAnswer"]["credential"];

/** Thrown with a sentence for people when the browser gives no passkey. */
export class PasskeyError extends Error {}

const NONE = "No passkey was given. Try again, or use your password.";

export function passkeysWork(): boolean {
  return typeof PublicKeyCredential !== "undefined" && "parseRequestOptionsFromJSON" in PublicKeyCredential;
}

/** The browser's answer when somebody shows a passkey they have. */
export async function shownPasskey(options: Options): Promise<Credential> {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(
    options as unknown as PublicKeyCredentialRequestOptionsJSON,
  );
  return plain(await navigator.credentials.get({ publicKey }).catch(refused));
}

/** The browser's answer when somebody makes a new passkey. */
export async function madePasskey(options: Options): Promise<Credential> {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(
    options as unknown as PublicKeyCredentialCreationOptionsJSON,
  );
  return plain(await navigator.credentials.create({ publicKey }).catch(refused));
}

function refused(error: unknown): never {
  if (error instanceof DOMException && error.name === "InvalidStateError") {
    throw new PasskeyError("This device already holds a passkey of this account: use it to sign in.");
  }
  throw new PasskeyError(NONE);
}

function plain(credential: globalThis.Credential | null): Credential {
  if (!(credential instanceof PublicKeyCredential)) throw new PasskeyError(NONE);
  return credential.toJSON() as unknown as Credential;
}
