#!/usr/bin/env node
require('../command/main.js')
