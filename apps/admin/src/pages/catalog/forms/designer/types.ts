import {
  Calendar,
  ChatLineSquare,
  CircleCheck,
  CirclePlus,
  EditPen,
  Finished,
  Folder,
  Histogram,
  Open,
} from '@element-plus/icons-vue'
import type { Component } from 'vue'
import type { Item, ItemType } from './definition'

const signs: Record<ItemType, Component> = {
  group: Folder,
  display: ChatLineSquare,
  boolean: Open,
  choice: CircleCheck,
  'open-choice': CirclePlus,
  integer: Histogram,
  decimal: Histogram,
  quantity: Histogram,
  date: Calendar,
  string: EditPen,
  text: EditPen,
}

export const signOf = (item: Item): Component =>
  item.repeats && item.type === 'choice' ? Finished : (signs[item.type] ?? EditPen)
