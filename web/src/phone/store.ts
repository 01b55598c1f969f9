import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import { type Decision, withoutWords } from "./decisions";

interface Kept extends DBSchema {
  decisions: { key: number; value: Decision };
}

/** Decisions on this phone's disk, in their order: identifiers and choices, nothing that anybody typed. */
export class DecisionStore {
  private constructor(private readonly database: IDBPDatabase<Kept>) {}

  static async open(name = "openlfr-phone"): Promise<DecisionStore> {
    const database = await openDB<Kept>(name, 1, {
      upgrade: (fresh) => void fresh.createObjectStore("decisions", { keyPath: "place" }),
    });
    return new DecisionStore(database);
  }

  async all(): Promise<Decision[]> {
    return this.database.getAll("decisions");
  }

  async put(decision: Decision): Promise<void> {
    await this.database.put("decisions", { ...decision, act: withoutWords(decision.act) });
  }

  async remove(place: number): Promise<void> {
    await this.database.delete("decisions", place);
  }

  close(): void {
    this.database.close();
  }
}
