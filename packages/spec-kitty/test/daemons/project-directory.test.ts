import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { currentProject, findProject } from '../../src/daemons/project-directory.js'
import { emptyProject, removeProjects, writeMission } from '../helpers/projects.js'

afterEach(removeProjects)

describe('a worktree', () => {
  it('belongs to the project that it is a worktree of', () => {
    const project = emptyProject()
    const worktree = join(project, '.worktrees', '001-login-lane-a')
    for (const place of [project, worktree]) writeMission(place, '001-login', { 'spec.md': '' })
    mkdirSync(join(worktree, '.kittify'))
    const places = [project, worktree, join(worktree, 'kitty-specs'), join(worktree, 'kitty-specs/001-login')]
    for (const place of places) {
      expect(findProject(place)).toBe(project)
      expect(currentProject({ cwd: () => place })).toBe(project)
    }
    const deeper = join(worktree, '.worktrees/w2')
    mkdirSync(join(deeper, '.kittify'), { recursive: true })
    expect(findProject(deeper)).toBe(project)
  })

  it('may contain projects, and is one itself where it belongs to none', () => {
    const project = emptyProject()
    const worktree = join(project, '.worktrees/w1')
    const nested = join(worktree, 'packages/tool')
    for (const place of [project, worktree, nested]) mkdirSync(join(place, '.kittify'), { recursive: true })
    expect(findProject(nested)).toBe(nested)
    rmSync(join(project, '.kittify'), { recursive: true })
    expect(findProject(worktree)).toBe(worktree)
  })
})
