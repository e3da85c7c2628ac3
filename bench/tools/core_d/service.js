const { shout } = require('./work.cjs')
exports.invoke = (_cwd, _args, text, callback) => callback(null, shout(text))
