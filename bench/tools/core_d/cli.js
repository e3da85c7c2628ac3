process.env.CORE_D_TITLE = 'shoutd'
process.env.CORE_D_DOTFILE = '.shoutd'
process.env.CORE_D_SERVICE = require.resolve('./service')
require('core_d').invoke([], process.argv[2])
