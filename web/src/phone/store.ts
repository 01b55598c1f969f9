import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import { type Waiting, withoutWords } from "./decisions";

interface Kept extends DBSchema {
  waiting: { key: number; value: Waiting };
}

/** What waits on this phone's disk, in its order: identifiers and choices, nothing that anybody typed about somebody. */
export class OutboxStore {
  private constructor(private readonly database: IDBPDatabase<Kept>) {}

  static async open(name = "openlfr-outbox"): Promise<OutboxStore> {
    const database = await openDB<Kept>(name, 1, {
      upgrade: (fresh) => void fresh.createObjectStore("waiting", { keyPath: "place" }),
    });
    return new OutboxStore(database);
  }

  async all(): Promise<Waiting[]> {
    return this.database.getAll("waiting");
  }

  async put(waiting: Waiting): Promise<void> {
    await this.database.put("waiting", withoutWords(waiting));
  }

  async remove(place: number): Promise<void> {
    await this.database.delete("waiting", place);
  }

  close(): void {
    this.database.close();
  }
}
