"""Permissions of the module."""

PERMISSIONS = {
    "forms.form.read": "查看表单（问卷、量表、文书模板）",
    "forms.form.write": "编辑表单草稿",
    "forms.form.publish": "发布和停用表单",
    "forms.response.read": "查看答卷",
}
