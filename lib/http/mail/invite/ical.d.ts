/** What is used of ical.js; the types that it brings are found by programs that import it as a module only. */
declare module 'ical.js' {
  export class Time {
    readonly isDate: boolean
    readonly year: number
    readonly month: number
    readonly day: number
    readonly hour: number
    readonly minute: number
    readonly second: number
    /** `floating` where the zone is not known */
    readonly zone: { readonly tzid: string }
    toUnixTime(): number
    toString(): string
  }
  export class Property {
    constructor(name: string)
    getFirstValue(): unknown
    getParameter(name: string): string | readonly string[] | undefined
    setParameter(name: string, value: string): void
    setValue(value: unknown): void
    toICALString(): string
  }
  export class Component {
    constructor(jCal: unknown)
    readonly name: string
    getFirstSubcomponent(name: string): Component | null
    getFirstProperty(name: string): Property | null
    getAllProperties(name: string): Property[]
    getFirstPropertyValue(name: string): unknown
    addProperty(property: Property): Property
    addPropertyWithValue(name: string, value: unknown): Property
    addSubcomponent(component: Component): Component
    toString(): string
  }
  export class Event {
    constructor(component: Component)
    readonly startDate: Time | null
    readonly endDate: Time | null
  }
  export function parse(text: string): unknown
}
