import type { Shape } from '@/api'

/** Where an agreement is signed, as it is kept with the signature. */
let here: Shape<'NewBinding'>['channel'] = 'mini_program'
// #ifdef H5
here = 'h5'
// #endif
export const channel = here
