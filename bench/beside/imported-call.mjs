/**
 * `node imported-call.mjs RECORD TEXT`: the call by hand, by an ES module that imports it from an installed package, as a
 * tool imports a library. The bench installs that package beside a copy of this file.
 */
import { call } from 'call-by-hand'

call(process.argv[2], process.argv[3])
