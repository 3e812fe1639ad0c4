import { api, ok } from '@/api/client'

// What comes as a whole and changes only when the product is renewed.

export const standardsQuery = {
  queryKey: ['catalog.standards', 'standards'],
  queryFn: () => ok(api.GET('/api/admin/catalog/standards')),
  staleTime: Infinity,
}

export const valueTablesQuery = {
  queryKey: ['catalog.standards', 'value-tables'],
  queryFn: () => ok(api.GET('/api/admin/catalog/value-tables')),
  staleTime: Infinity,
}

/** A line of the shared document of adult check-ups (WS/T 483.16). */
export interface DocumentLine {
  seq: number
  section: string
  section_loinc: string
  name: string
  de_identifier: string
  datatype: string
  format: string
  value_domain: string
  unit: string
  note: string
  source: string
  confidence: string
}

export const documentQuery = {
  queryKey: ['catalog.standards', 'document'],
  queryFn: () => ok(api.GET('/api/admin/catalog/checkup-document')) as Promise<unknown> as Promise<DocumentLine[]>,
  staleTime: Infinity,
}

/** An element of the data set of medical imaging (WS 538). */
export interface ImagingElement {
  dicom_tag: string
  level: string
  name: string
  name_en: string
  keyword: string
  vr: string
  vm: string
  de_identifier: string
  ws538_membership: string
  suggested_tier: string
  source: string
  confidence: string
  note: string
}

export const imagingQuery = {
  queryKey: ['catalog.standards', 'imaging'],
  queryFn: () => ok(api.GET('/api/admin/catalog/imaging-elements')) as Promise<unknown> as Promise<ImagingElement[]>,
  staleTime: Infinity,
}
