// Empty on purpose: with `tabBar.custom` WeChat wants this component, but the visible bar is components/TabBar.vue,
// one for H5 and mini-program.
Component({})
