// SPDX-License-Identifier: Apache-2.0
// Rules under which a request takes more memory than a transaction may have.

/** Doubles a variable until it is larger than all that the bodies' limits allow. `ARGS:a` is what it begins with. */
export const exhausting: string = [
  'SecRequestBodyAccess On\nSecRequestBodyLimit 1048576\nSecResponseBodyLimit 1048576',
  'SecAction "id:9100,phase:2,pass,nolog,setvar:\'tx.a=%{ARGS.a}\'"',
  ...Array.from(
    { length: 28 },
    (_, i) => `SecAction "id:${9101 + i},phase:2,pass,nolog,setvar:'tx.a=%{tx.a}%{tx.a}'"`,
  ),
].join('\n')
